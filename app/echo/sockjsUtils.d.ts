/** How sockjs 0.3.24 writes messages. */
declare module "sockjs/lib/utils.js" {
  const utils: { quote: (text: string) => string };
  export default utils;
}
