/* Put before every file that the C compiler is given (tools/dist): assembly begins at a multiple of 64 bytes, too. */
#ifdef __ASSEMBLER__
.text
.balign 64
#endif
