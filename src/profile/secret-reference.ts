/** The whole of a value that is a secret: `${NAME}` or `${NAME?message}`. */
export const secretReference = /^\$\{([A-Za-z_][A-Za-z0-9_]*)(?::?\?([^}]*))?\}$/;
