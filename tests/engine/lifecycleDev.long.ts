import { describeLifecycle } from "./support/lifecycle.ts";

describeLifecycle("dev", { ownImage: false });
