/** The apps of the image; `APP` in the environment says which one a process is. */
export const APP_NAMES = ["echo", "company", "document"] as const;
export type AppName = (typeof APP_NAMES)[number];
