package fault

// CheckVersion returns Conflict "changed-meanwhile" when a change is asked for
// another version than the stored one. A change for version 0 is meant for
// whichever version is stored.
func CheckVersion(asked, stored int64) error {
	if asked != 0 && asked != stored {
		return New(Conflict, "changed-meanwhile", "somebody else changed it meanwhile; read it again")
	}
	return nil
}
