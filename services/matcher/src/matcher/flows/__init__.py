"""One file per verb: the whole story of one reaction."""
