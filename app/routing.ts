import { COMPANY_ROUTING } from "./company/routing.ts";
import { DOCUMENT_ROUTING } from "./document/routing.ts";

/** The apps whose requests are routed one by one; of the others it is connections, by source IP. */
export const HTTP_ROUTINGS = { company: COMPANY_ROUTING, document: DOCUMENT_ROUTING };
