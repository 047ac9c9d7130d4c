import { api } from '../api.ts';
import { array, field, int16, int32, string, struct } from '../types.ts';

/**
 * ApiVersions (18). Version 3 is flexible, but its response header is not: a client must be able to read the answer
 * before it knows which versions the broker has. A request of an unknown version is answered in the form of version 0,
 * with UNSUPPORTED_VERSION and the list of versions (KIP-511), and the client asks again.
 */
export const apiVersions = api({
  key: 18,
  name: 'ApiVersions',
  versions: [0, 3],
  flexibleFrom: 3,
  request: { clientSoftwareName: field(string, '3+'), clientSoftwareVersion: field(string, '3+') },
  response: {
    errorCode: field(int16),
    apiKeys: field(array(struct({ apiKey: field(int16), minVersion: field(int16), maxVersion: field(int16) }))),
    throttleTimeMs: field(int32, '1+'),
  },
});
