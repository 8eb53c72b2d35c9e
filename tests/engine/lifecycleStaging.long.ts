import { describeLifecycle } from "./support/lifecycle.ts";

describeLifecycle("staging", { ownImage: true });
