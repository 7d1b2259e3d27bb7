import { expectNoFinding } from "./findings.ts";

expectNoFinding(["--quick"]);
