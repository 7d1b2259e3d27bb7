import { expectOfCompilers } from "./other-compilers.ts";

expectOfCompilers(["wide", "small"], 1000);
