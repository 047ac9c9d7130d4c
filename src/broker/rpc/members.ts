import { timingSafeEqual } from 'node:crypto';
import type { Api } from '../wire/api.ts';
import { code } from '../wire/codes.ts';
import { type Route, route } from './route.ts';

interface Answered {
  readonly errorCode: number;
}

/** Makes routes of the requests between nodes, which are answered to members of the cluster only. */
export type MemberRoute = <Q, S extends Answered>(api: Api<Q, S>, answer: (request: Q) => Promise<S>) => Route;

/**
 * Members know the secret of the cluster, which their requests carry as client id; others are refused
 * (CLUSTER_AUTHORIZATION_FAILED). With an empty secret everybody is a member.
 */
export function membersOnly(secret: string): MemberRoute {
  return (api, answer) =>
    route(api, (request, caller) =>
      secret === '' || isMember(secret, caller.clientId)
        ? answer(request)
        : { ...api.response.zero, errorCode: code.CLUSTER_AUTHORIZATION_FAILED },
    );
}

export function isMember(secret: string, clientId: string): boolean {
  const [own, said] = [Buffer.from(secret), Buffer.from(clientId)];
  return own.length === said.length && timingSafeEqual(own, said);
}
