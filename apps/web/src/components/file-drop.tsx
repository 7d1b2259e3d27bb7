import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";

/**
 * A place to drop a file, and a button to choose one.
 * @param props.accept file types, as of `<input accept>`; others are taken as well and refused by
 * whoever reads them
 * @param props.onFile called with the one file; of several the first is taken
 */
export function FileDrop(props: {
  accept: string;
  onFile: (file: File) => void;
  children: ComponentChildren;
  disabled?: boolean;
  testId?: string;
  inputTestId?: string;
}): JSX.Element {
  const isOver = useSignal(false);
  const take = (files: FileList | null | undefined): void => {
    isOver.value = false;
    if (files?.[0] && !props.disabled) props.onFile(files[0]);
  };
  return (
    <label
      class={`file-drop ${isOver.value ? "is-over" : ""}`}
      data-testid={props.testId}
      onDragOver={(event) => {
        event.preventDefault();
        isOver.value = true;
      }}
      onDragLeave={() => (isOver.value = false)}
      onDrop={(event) => {
        event.preventDefault();
        event.stopPropagation();
        take(event.dataTransfer?.files);
      }}
    >
      <input
        type="file"
        class="visually-hidden"
        accept={props.accept}
        disabled={props.disabled}
        data-testid={props.inputTestId}
        onChange={(event) => {
          take(event.currentTarget.files);
          event.currentTarget.value = ""; // the same file can be chosen again
        }}
      />
      {props.children}
    </label>
  );
}
