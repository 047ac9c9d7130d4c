import { type Route, route } from '../../rpc/route.ts';
import { describeAcls, listTransactions, saslAuthenticate, saslHandshake } from '../../wire/apis/admin.ts';
import { code } from '../../wire/codes.ts';
import type { NodeParts } from '../parts.ts';

/** What clients may ask of a broker without a second login, access lists and transactions: each is answered as Kafka would then. */
export function refusalRoutes({ world, settings }: NodeParts): Route[] {
  const illegal = { errorCode: code.ILLEGAL_SASL_STATE };
  return [
    route(describeAcls, () => ({
      ...{ throttleTimeMs: 0, resources: [] },
      ...{ errorCode: code.SECURITY_DISABLED, errorMessage: 'there are no access lists here' },
    })),
    route(listTransactions, () => ({
      ...{ throttleTimeMs: 0, errorCode: code.NONE, unknownStateFilters: [], transactions: [] },
    })),
    route(saslHandshake, (_, { clientId, host }) => {
      if (settings.entry?.users === undefined) {
        const plain = `this port asks for no login: set security.protocol to ${settings.entry ? 'SSL' : 'PLAINTEXT'}`;
        world.notice(`client '${clientId.slice(0, 100)}' from ${host} wants to log in by SASL, but ${plain}`);
      }
      return { ...illegal, mechanisms: [] };
    }),
    route(saslAuthenticate, () => ({
      ...{ ...saslAuthenticate.response.zero, ...illegal, authBytes: Buffer.alloc(0) },
      errorMessage: 'SaslAuthenticate request received after successful authentication',
    })),
  ];
}
