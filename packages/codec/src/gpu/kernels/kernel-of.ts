import type { Step } from "../plan.ts";
import { attentionKernel } from "./attention.ts";
import { convolutionKernel } from "./convolution.ts";
import { lookupKernel } from "./lookup.ts";
import { normKernel } from "./norm.ts";
import type { Kernel, Sizes } from "./parts.ts";
import { rowsKernel } from "./rows.ts";
import { searchKernel } from "./search.ts";

/** The kernel of a launch, for runs of at most so many frames. */
export function kernelOf(step: Step, sizes: Sizes): Kernel {
  const { shape } = step;
  switch (shape.kind) {
    case "convolution":
      return convolutionKernel(step, shape, sizes);
    case "rows":
      return rowsKernel(step, shape, sizes);
    case "norm":
      return normKernel(step, shape, sizes);
    case "attention":
      return attentionKernel(step, shape, sizes);
    case "lookup":
      return lookupKernel(step, shape, sizes);
    case "search":
      return searchKernel(step, shape, sizes);
  }
}
