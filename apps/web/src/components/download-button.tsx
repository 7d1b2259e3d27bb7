import type { ComponentChildren, JSX } from "preact";

/** Hands bytes to the user as a file. */
export function downloadFile(name: string, bytes: BlobPart, type: string): void {
  const address = URL.createObjectURL(new Blob([bytes], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // the browser reads it after the click
}

/**
 * A button that hands out a file. The bytes are made when it is pressed.
 * @param props.name name of the file
 * @param props.type media type
 */
export function DownloadButton(props: {
  name: string;
  type: string;
  bytes: () => BlobPart;
  children: ComponentChildren;
  disabled?: boolean;
  testId?: string;
}): JSX.Element {
  return (
    <button
      type="button"
      class="quiet"
      data-testid={props.testId}
      disabled={props.disabled}
      onClick={() => downloadFile(props.name, props.bytes(), props.type)}
    >
      {props.children}
    </button>
  );
}
