// Package journal is a recorder of clicks that keeps them on disk until the store
// has them: an append-only journal in a directory of its own.
//
// Record returns once write(2) has taken the visit, so that a process that is
// killed loses none; visits that come at the same time share a write, and none
// waits for a timer. What a power cut or a crash of the machine can lose is
// bounded by Config.Fsync: nothing with 0, else what came since the last sync.
// Run hands the visits to the store in order and in batches, and notes how far
// it came. After a crash it goes on from there; a batch whose note was lost is
// handed over again, and the store passes over clicks that it knows. So each
// visit is stored exactly once.
//
// The directory belongs to one process, which a lock sees to. It holds
//
//   - segments, "00000000000000000001.clicks": a header, then records with a
//     marker, a length, a CRC-32C and a sealed visit, see [clicks.Sealer];
//   - the key of each segment, "00000000000000000001.key". Both are deleted when
//     the store has all visits of the segment. Since the key lies next to what it
//     seals, it keeps addresses out of backups of single files and out of what is
//     left on a disk, not from somebody who may read the directory;
//   - "position", how far the store has them, and "lock".
//
// A record that is cut off by a crash was never acknowledged and is passed over.
// One that is damaged is counted as refused and logged, and costs no other.
//
// When the visits that wait take more than Config.Limit, or the disk is full,
// Record fails and the visit is counted as shed. It works again as soon as there
// is room.
package journal
