import type { Fields, StructOf, WireType } from './types.ts';
import { struct } from './types.ts';

/** One request/response pair of the protocol and the versions of it that this broker serves. */
export interface Api<Q, S> {
  readonly key: number;
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** First version in flexible encoding (KIP-482); infinite where there is none. */
  readonly flexibleFrom: number;
  readonly request: WireType<Q>;
  readonly response: WireType<S>;
}

export type RequestOf<A> = A extends Api<infer Q, unknown> ? Q : never;
export type ResponseOf<A> = A extends Api<never, infer S> ? S : A extends Api<infer _Q, infer S> ? S : never;

export interface ApiDefinition<Q extends Fields, S extends Fields> {
  readonly key: number;
  readonly name: string;
  readonly versions: readonly [min: number, max: number];
  readonly flexibleFrom?: number;
  readonly request: Q;
  readonly response: S;
}

export function api<Q extends Fields, S extends Fields>(
  definition: ApiDefinition<Q, S>,
): Api<StructOf<Q>, StructOf<S>> {
  return {
    key: definition.key,
    name: definition.name,
    min: definition.versions[0],
    max: definition.versions[1],
    flexibleFrom: definition.flexibleFrom ?? Number.POSITIVE_INFINITY,
    request: struct(definition.request),
    response: struct(definition.response),
  };
}
