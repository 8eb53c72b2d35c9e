import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(import.meta.url);
const known = new Map<string, Set<string>>();

/** Keys that the installed SDK of the provider does not send for a resource of the type, each as a fault. */
export function unknownInputs(type: string, inputs: object): string[] {
  const allowed = known.get(type) ?? inputsOf(type);
  known.set(type, allowed);
  return Object.keys(inputs)
    .filter((key) => !key.startsWith("__") && !allowed.has(key))
    .map((key) => `Invalid or unknown key: ${type} has no input ${JSON.stringify(key)}`);
}

/** `aws:ec2/vpc:Vpc` is in `ec2/vpc.js` of `@pulumi/aws`, `kubernetes:apps/v1:Deployment` in `apps/v1/deployment.js`. */
function inputsOf(type: string): Set<string> {
  const [name = "", module = "", kind = ""] = type.split(":");
  const file = kind.charAt(0).toLowerCase() + kind.slice(1);
  const folder = module.replace(/^index$/, "").replace(/\.(k8s\.io|sh)\//, "/");
  const path = folder.endsWith(`/${file}`) ? folder : join(folder, file);
  const root = join(require.resolve(`@pulumi/${name}/package.json`), "..");
  const source = readFileSync(join(root, `${path.replace(/^index\//, "")}.js`), "utf8");
  // What is read from a state, or left to the provider, is none.
  const assigned = source.matchAll(/resourceInputs\["(\w+)"\] = (?!undefined|state\b|state\?)/g);
  return new Set([...assigned].map(([, property]) => property ?? ""));
}
