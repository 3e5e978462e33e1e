//! The coverage that insurers deposit (事前蓄積型): every row with the days on which it holds and
//! the deposits between which it was known, each deposit live as a whole or not at all.
