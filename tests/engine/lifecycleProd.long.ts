import { describeLifecycle } from "./support/lifecycle.ts";

describeLifecycle("prod", { ownImage: false });
