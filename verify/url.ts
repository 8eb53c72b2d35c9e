/** A URL without its user and password, for everything that is shown or kept. */
export function withoutPassword(url: string): string {
  const { password, username } = new URL(url);
  if (`${username}${password}` === "") {
    return url;
  }
  const shown = new URL(url);
  shown.username = "";
  shown.password = "";
  return shown.href;
}
