import { deepEqual, equal, ok } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { mockPulumi, valueOf } from "../mocks/mocks.ts";
import { SUBNETS, VPC } from "../mocks/existing.ts";
import {
  INSTALLED,
  PROGRAM_NAMES,
  README_PROGRAMS,
  requireInstalled,
  runExample,
  runReadme,
  typeErrors,
  unpack,
} from "./unpacked.ts";

interface Manifest {
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
}

const FRONT = ["KeyRouter", "StickyIngress", "StickyService"];

const COMPONENTS = [
  ...FRONT,
  ...[
    "Certificate",
    "Database",
    "DatabaseAdmin",
    "ExistingCluster",
    "ExistingController",
    "ExistingVpc",
  ],
  ...["FargateCluster", "LoadBalancerController", "StickyApp", "Vpc", "WorkloadDatabase"],
];

/** What each program must create, without the resources inside its components. */
const EXPECTED: Record<
  string,
  { config: Record<string, unknown>; components: string[]; url: string }
> = {
  "existing-vpc": {
    config: {
      "aws:region": "us-east-1",
      "existing-vpc:vpcId": VPC,
      "existing-vpc:privateSubnetIds": SUBNETS.slice(2).map(({ id }) => id),
      "existing-vpc:publicSubnetIds": SUBNETS.slice(0, 2).map(({ id }) => id),
      "existing-vpc:image": "registry.example/chat@sha256:1",
    },
    components: ["ExistingVpc", "FargateCluster", "LoadBalancerController", "StickyApp"],
    url: "http://k8s-chat.elb.example",
  },
  "key-router": {
    config: {},
    components: ["KeyRouter"],
    url: "http://k8s-rooms-router.elb.example",
  },
  "sticky-service": {
    config: {},
    components: ["StickyService"],
    url: "http://k8s-echo.elb.example",
  },
};

function filesOf(folder: string): string[] {
  return globSync("**", { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

describe("sockjs-sticky-pulumi", () => {
  before(unpack);

  it("has compiled components, what they import, and nothing else", () => {
    const files = filesOf(INSTALLED);
    ok(files.length > 80);
    const compiled = /^lib\/(components|app\/contract|packages\/pulumi)\/.*\.(js|d\.ts)$/;
    deepEqual(files.filter((file) => !compiled.test(file)).toSorted(), [
      "LICENSE",
      "README.md",
      "package.json",
    ]);
  });

  it("exports the components and nothing else", () => {
    const all = requireInstalled("sockjs-sticky-pulumi") as Record<string, { prototype: object }>;
    deepEqual(Object.keys(all).toSorted(), COMPONENTS.toSorted());
    for (const [name, component] of Object.entries(all)) {
      ok(component.prototype instanceof pulumi.ComponentResource, name);
    }
    const front = requireInstalled("sockjs-sticky-pulumi/front") as object;
    deepEqual(Object.keys(front).toSorted(), FRONT);
  });

  it("depends on what it imports, and on nothing else", () => {
    const files = globSync(join(INSTALLED, "lib/**/*.{js,d.ts}"));
    const imported = files.flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(/(?:require\(|from |import\()"([^".][^"]*)"/g)].map(
        ([, name = ""]) => /^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? "",
      ),
    );
    const manifest = readFileSync(join(INSTALLED, "package.json"), "utf8");
    const { dependencies, peerDependencies } = JSON.parse(manifest) as Manifest;
    deepEqual(
      [...new Set(imported)].filter((name) => !name.startsWith("node:")).toSorted(),
      Object.keys({ ...dependencies, ...peerDependencies }).toSorted(),
    );
  });

  it("loads load balancers without any other SDK than those of Pulumi and Kubernetes", () => {
    const script = `require("sockjs-sticky-pulumi/front");
      console.log(Object.keys(require.cache).filter((file) => !file.includes("sockjs-sticky-pulumi")).join("\\n"));`;
    const files = execFileSync(process.execPath, ["--eval", script], {
      cwd: join(INSTALLED, "../.."),
      encoding: "utf8",
      maxBuffer: 2 ** 24,
    });
    const sdks = [...files.matchAll(/node_modules\/@pulumi\/([^/]+)/g)].map(([, name]) => name);
    deepEqual([...new Set(sdks)].toSorted(), ["kubernetes", "pulumi"]);
  });

  it("has types with which the examples and the README compile, as ES modules and as CommonJS", () => {
    ok(README_PROGRAMS.length >= 4);
    equal(typeErrors(), "");
  });

  it("has examples that are all tested", () => {
    deepEqual(PROGRAM_NAMES.toSorted(), Object.keys(EXPECTED));
  });

  for (const [name, { components, config, url }] of Object.entries(EXPECTED)) {
    it(`runs the example ${name}`, async () => {
      const recorder = await mockPulumi({ project: name });
      configure(config);
      const outputs = await runExample(name);
      await recorder.settle();
      const own = recorder.made.filter(
        ({ parent, type }) => type.startsWith("sockjs-sticky:") && isStack(parent),
      );
      deepEqual(own.map(({ type }) => type.split(":")[2]).toSorted(), components);
      equal(await valueOf(outputs.url as pulumi.Output<string>), url);
    });
  }

  README_PROGRAMS.forEach((_, index) => {
    it(`runs program ${index + 1} of the README`, async () => {
      const recorder = await mockPulumi({ project: "apps" });
      configure({ "aws:region": "us-east-1", "apps:image": "registry.example/chat@sha256:1" });
      runReadme(index);
      await recorder.settle();
      ok(recorder.made.some(({ type }) => type.startsWith("sockjs-sticky:")));
    });
  });
});

function isStack(parent: string): boolean {
  return parent === "" || parent.includes("pulumi:pulumi:Stack");
}

function configure(settings: Record<string, unknown>): void {
  pulumi.runtime.setAllConfig(
    Object.fromEntries(
      Object.entries(settings).map(([key, value]) => [
        key,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
  );
}
