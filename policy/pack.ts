import { PolicyPack } from "@pulumi/policy";
import { policies } from "./index.ts";

/** Answers Pulumi's questions about each resource, and then about all of them, until Pulumi ends it. */
new PolicyPack("sockjs-sticky", { enforcementLevel: "mandatory", policies: [...policies] });
