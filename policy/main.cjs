// Pulumi requires a policy pack, and its own compiler knows no ES modules; tsx runs them on any Node.js that Pulumi finds.
module.exports = () => import("tsx").then(() => import("./pack.ts"));
