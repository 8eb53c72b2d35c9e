/** Set by preview.ts where its `--target` leaves out what is in the program. */
export const TARGETED = "SOCKJS_STICKY_TARGETED";
