import { PolicyPack } from "@pulumi/policy";
import { policies } from "./index.ts";

/** Serves the policies to Pulumi until Pulumi stops it. */
new PolicyPack("sockjs-sticky", { enforcementLevel: "mandatory", policies: [...policies] });
