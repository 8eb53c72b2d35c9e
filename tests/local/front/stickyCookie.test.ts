import { equal } from "node:assert/strict";
import { cookieOf } from "../../../local/front/stickyCookie.ts";

describe("a cookie of a request", () => {
  it("is found by its whole name, with everything after the first equals sign", () => {
    equal(cookieOf({ cookie: "ab=1;a=2=3; b=4" }, "a"), "2=3");
    equal(cookieOf({ cookie: "ab=1" }, "a"), undefined);
    equal(cookieOf({}, "a"), undefined);
  });
});
