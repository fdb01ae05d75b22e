// Package linkcache is a decorator over storage: it keeps the links that
// redirects ask for in memory, so that a shopper seldom waits for the database
// and, while that is away, never does. All else goes to the inner store.
//
// How old an answer can be:
//
//   - A change made through this [Store] shows at once, from the moment on that
//     its Write returns.
//   - A change made elsewhere, by another process, shows within [MaxAge], and at
//     once where Config.Watch reports it. Without a Watch, or while it is not sure
//     to have missed nothing, a link in use is read again in the background every
//     [RefreshAge], so nobody waits for that, and one that is asked for less often
//     is waited for.
//   - A change made by hand, which no Watch reports, shows within [WatchedAge].
//   - That a code leads nowhere is remembered for [MissAge].
//   - While the database is away, the links that are known are answered whatever
//     their age, and the database is asked again every [ProbeEvery]. Unknown codes
//     are then fault.Unavailable. It is away if it fails, or takes longer than
//     [Patience] for one link and answers no other meanwhile. Nobody waits longer
//     than that for a link that is known, whatever its age.
//
// Memory is bounded by Config.Size. Of many callers who ask for the same code at
// once, one asks the inner store. No lock is shared by all callers.
package linkcache
