/** What clients other than ours are told: Kafka's own names of settings, which librdkafka and the Java clients take as they are. */
import type { BrokerAccess } from '../driver.ts';
import type { ForeignClient } from '../product.ts';

export function foreignClient(
  { bootstrap, clientId, tls, sasl }: BrokerAccess,
  role: 'producer' | 'consumer',
): ForeignClient {
  const protocol = `${sasl === undefined ? '' : 'SASL_'}${tls === undefined ? 'PLAINTEXT' : 'SSL'}`;
  return {
    connection: {
      'bootstrap.servers': bootstrap.join(','),
      'client.id': clientId,
      'security.protocol': protocol,
      ...(sasl === undefined ? {} : { 'sasl.mechanism': sasl.mechanism.toUpperCase() }),
      // the independent reader takes the log apart with kafkajs, which knows of gzip alone
      ...(role === 'producer' ? { 'compression.type': 'none' } : {}),
    },
    secrets: {
      ...(sasl === undefined ? {} : { MQCHAOS_SASL_USERNAME: sasl.username, MQCHAOS_SASL_PASSWORD: sasl.password }),
      ...(tls?.ca === undefined ? {} : { MQCHAOS_TLS_CA: tls.ca }),
      ...(tls?.cert === undefined ? {} : { MQCHAOS_TLS_CERT: tls.cert }),
      ...(tls?.key === undefined ? {} : { MQCHAOS_TLS_KEY: tls.key }),
      ...(tls?.servername === undefined ? {} : { MQCHAOS_TLS_SERVERNAME: tls.servername }),
    },
  };
}
