//! The causes of failed builds and starts, one file each. Knows no file and no terminal.
