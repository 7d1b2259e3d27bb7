import { expectOfCompilers } from "./other-compilers.ts";

expectOfCompilers(["small"], 16);
