/** Environment variable that preview.ts sets if `--target` leaves out resources of the program. */
export const TARGETED = "SOCKJS_STICKY_TARGETED";
