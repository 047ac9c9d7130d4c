import type { Api } from '../../wire/api.ts';
import { saslAuthenticate, saslHandshake } from '../../wire/apis/admin.ts';
import { apiVersions } from '../../wire/apis/versions.ts';
import { code } from '../../wire/codes.ts';
import { frame } from '../../wire/frame.ts';
import { type RequestHeader, readHeader, readRequest, responseFrame } from '../../wire/message.ts';
import { Reader } from '../../wire/reader.ts';
import type { Certificate, Stream, World } from '../../world/world.ts';
import { isMember } from '../members.ts';
import { type Answer, answerTo, HangUp, LastAnswer, type Routes } from '../route.ts';
import { shown, Unserved, unservedApi } from '../unserved.ts';
import { type Login, loginBy, Refused, refusedCode } from './mechanism.ts';
import { mechanisms, type Users } from './users.ts';

/** What clients must bring. Members of the cluster, who know its secret, need none of it. */
export interface Entry {
  readonly secret: string;
  /** With it clients must come by TLS. */
  readonly certificate?: Certificate;
  /** With it clients must log in. */
  readonly users?: Users;
}

/** Kafka's connection.failed.authentication.delay.ms: what a wrong login waits for its answer. */
const failureDelayMs = 100;
/** Of one token: those of PLAIN and SCRAM are short, and who sends them is not known yet. */
const tokenLimitBytes = 16_384;

/**
 * Stands before the routes of one connection until it is known who speaks. As Kafka does (SaslServerAuthenticator), it takes
 * ApiVersions and then SaslHandshake, and closes the connection without an answer for anything else; after the handshake it
 * takes tokens, and anything else is answered ILLEGAL_SASL_STATE before it closes.
 */
export class Gate {
  readonly #entry: Entry;
  readonly #stream: Pick<Stream, 'peer' | 'secure'>;
  readonly #world: Pick<World, 'clock' | 'notice' | 'random'>;
  #login: Login | undefined;
  #mechanism = '';
  /** After SaslHandshake 0 tokens come without the header of a request. */
  #bareTokens = false;
  #isOpen = false;

  constructor(
    entry: Entry,
    stream: Pick<Stream, 'peer' | 'secure'>,
    world: Pick<World, 'clock' | 'notice' | 'random'>,
  ) {
    this.#entry = entry;
    this.#stream = stream;
    this.#world = world;
  }

  /** Whether all that comes may go to the routes. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Whether the request may go to the routes. @throws Unserved when the client speaks without TLS. */
  admits(request: Buffer): boolean {
    if (this.#isOpen) return true;
    if (this.#bareTokens) return false;
    const { clientId } = readHeader(new Reader(request));
    const { secret, certificate, users } = this.#entry;
    if (secret !== '' && isMember(secret, clientId ?? '')) this.#isOpen = true;
    else if (certificate !== undefined && this.#stream.secure !== true) {
      const protocol = users === undefined ? 'SSL' : 'SASL_SSL';
      const remedy = `set security.protocol to ${protocol}`;
      throw new Unserved(`${this.#client(clientId)} speaks without TLS, but this port wants it: ${remedy}`);
    } else if (users === undefined) this.#isOpen = true;
    return this.#isOpen;
  }

  /**
   * Answers a request that was not admitted.
   * @throws HangUp, LastAnswer, Unserved
   */
  async answer(request: Buffer, routes: Routes): Promise<Answer | undefined> {
    const { users } = this.#entry;
    if (users === undefined) throw new HangUp();
    if (this.#bareTokens) return await this.#bareToken(request);
    const reader = new Reader(request);
    const header = readHeader(reader);
    if (this.#login !== undefined) {
      if (header.apiKey === saslAuthenticate.key) return await this.#token(header, reader, this.#login);
      throw await this.#illegal(header, routes);
    }
    if (header.apiKey === apiVersions.key) return await answerTo(routes, header, reader, this.#stream.peer);
    if (header.apiKey === saslHandshake.key) return await this.#shake(header, reader, users);
    const protocol = this.#stream.secure === true ? 'SASL_SSL' : 'SASL_PLAINTEXT';
    const remedy = `this port wants a login: set security.protocol to ${protocol}, and sasl.mechanism`;
    throw new Unserved(`${this.#client(header.clientId)} does not log in, but ${remedy}`);
  }

  async #shake(header: RequestHeader, reader: Reader, users: Users): Promise<Answer> {
    const { version, correlationId, clientId } = header;
    if (version > saslHandshake.max) throw unservedApi(header, this.#stream.peer, saslHandshake);
    const { mechanism } = readRequest(saslHandshake, header, reader);
    const nonce = () => this.#world.random.bytes(24).toString('base64url');
    const login = loginBy(mechanism, users, nonce);
    const errorCode = login === undefined ? code.UNSUPPORTED_SASL_MECHANISM : code.NONE;
    const answer = responseFrame(saslHandshake, version, correlationId, { errorCode, mechanisms });
    if (login === undefined) {
      const known = mechanisms.join(', ');
      this.#world.notice(`${this.#client(clientId)} wants to log in by ${shown(mechanism)}; there are ${known}`);
      await this.#delay();
      throw new LastAnswer(answer);
    }
    this.#login = login;
    this.#mechanism = mechanism;
    this.#bareTokens = version === 0;
    return answer;
  }

  async #token(header: RequestHeader, reader: Reader, login: Login): Promise<Answer> {
    const { version, correlationId, clientId } = header;
    if (version > saslAuthenticate.max) throw unservedApi(header, this.#stream.peer, saslAuthenticate);
    const { authBytes } = readRequest(saslAuthenticate, header, reader);
    const { zero } = saslAuthenticate.response;
    try {
      const token = await this.#step(authBytes ?? Buffer.alloc(0), login);
      return responseFrame(saslAuthenticate, version, correlationId, { ...zero, errorMessage: '', authBytes: token });
    } catch (error) {
      const { message } = await this.#refusal(error, clientId);
      const said = { ...zero, errorCode: refusedCode, errorMessage: message, authBytes: Buffer.alloc(0) };
      throw new LastAnswer(responseFrame(saslAuthenticate, version, correlationId, said));
    }
  }

  async #bareToken(token: Buffer): Promise<Answer> {
    try {
      return [frame(await this.#step(token, this.#login as Login))];
    } catch (error) {
      await this.#refusal(error, null);
      throw new HangUp(); // this version has no answer for it
    }
  }

  async #step(token: Buffer, login: Login): Promise<Buffer> {
    const tooLong = 'Authentication failed: the token is too long';
    if (token.length > tokenLimitBytes) throw new Refused(tooLong, `a token of ${token.length} bytes came`);
    const step = await login.answer(token);
    if (step.user !== undefined) {
      this.#isOpen = true;
      this.#bareTokens = false;
    }
    return step.token;
  }

  /** Told after Kafka's delay, so that passwords cannot be tried fast. */
  async #refusal(error: unknown, clientId: string | null): Promise<Refused> {
    if (!(error instanceof Refused)) throw error;
    this.#world.notice(`${this.#client(clientId)} cannot log in by ${this.#mechanism}: ${shown(error.reason)}`);
    await this.#delay();
    return error;
  }

  /** In the words of the API that was asked for. */
  async #illegal(header: RequestHeader, routes: Routes): Promise<Error> {
    const api = routes.get(header.apiKey)?.api as Api<unknown, object> | undefined;
    const { version, correlationId } = header;
    if (api === undefined || version < api.min || version > api.max) return unservedApi(header, this.#stream.peer, api);
    const answer = { ...api.response.zero, errorCode: code.ILLEGAL_SASL_STATE };
    await this.#delay();
    return new LastAnswer(responseFrame(api, version, correlationId, answer));
  }

  #delay(): Promise<void> {
    return new Promise((resolve) => this.#world.clock.setTimer(failureDelayMs, resolve));
  }

  #client(clientId: string | null): string {
    return clientId === null
      ? `a client from ${this.#stream.peer}`
      : `client '${shown(clientId)}' from ${this.#stream.peer}`;
  }
}
