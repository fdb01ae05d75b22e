-- +goose Up

-- The UTC day from which the clicks behind the totals are all stored. Those of
-- earlier days were taken out of the store, and of what came for these days since
-- only some may be there: the totals of these days are never made anew. NULL:
-- nothing was taken out.
ALTER TABLE totals ADD COLUMN clicks_from INTEGER;
