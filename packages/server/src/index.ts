/** Speech to codes and back over HTTP, and the page. */
export {};
