not a whiteout
