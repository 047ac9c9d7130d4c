import { z } from 'zod';

/** The whole of a value that is a secret: `${NAME}` or `${NAME?message}`. */
export const secretReference = /^\$\{([A-Za-z_][A-Za-z0-9_]*)(?::?\?([^}]*))?\}$/;

/** In a plan. */
export const plannedSecret = z.string().regex(secretReference, { error: `expected \${NAME}: a plan holds no secret` });
