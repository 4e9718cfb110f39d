//! Why something does not start (facts about an image -> findings), and why it was not built (a log -> causes).
//! One file per rule and per cause. Reads no file and prints nothing.

pub mod logs;
