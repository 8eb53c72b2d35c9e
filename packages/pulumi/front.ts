export type { StickyCookie } from "../../app/contract/httpRouting.ts";
export type { KeyRoute, KeySource, Method } from "../../app/contract/keyRoute.ts";
export { KeyRouter, type KeyRouterArgs } from "../../components/front/keyRouter.ts";
export { StickyIngress, type StickyIngressArgs } from "../../components/front/stickyIngress.ts";
export { StickyService, type StickyServiceArgs } from "../../components/front/stickyService.ts";
