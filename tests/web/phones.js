// Runs in the page: a phone of JsSIP or SIP.js that sends a tone and tells how loud it hears which tone.
import * as JsSIP from "jssip";
import { SessionState, UserAgent, Registerer, Inviter, Web } from "sip.js";
import { Ear, voice } from "./sound.js";

const audio = new AudioContext();

/** Looks until it is so, for ten seconds. */
async function patience(look) {
  for (let n = 0; n < 500 && !look(); n += 1) await new Promise((done) => setTimeout(done, 20));
  if (!look()) throw new Error("not in time");
}

class Phone {
  constructor({ hertz }) {
    this.microphone = voice(audio, hertz);
    this.states = [];
    this.calls = 0;
  }

  listen(connection) {
    connection.addEventListener("track", (event) => (this.ear = new Ear(audio, event.track)));
  }

  says(state) {
    this.states.push(state);
  }
}

class JsSipPhone extends Phone {
  constructor(account) {
    super(account);
    const socket = new JsSIP.WebSocketInterface(account.ws);
    this.ua = new JsSIP.UA({
      sockets: [socket],
      uri: account.uri,
      authorization_user: account.user,
      password: account.password,
      register_expires: 120,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 1,
    });
    this.socket = socket;
    this.ua.on("registered", () => {
      this.back = true;
      this.says("registered");
    });
    this.ua.on("disconnected", () => this.says("disconnected"));
    this.ua.on("newRTCSession", ({ session, originator }) => this.take(session, originator));
    this.ua.start();
  }

  take(session, originator) {
    this.session = session;
    this.calls += 1;
    session.on("confirmed", () => this.says("talking"));
    session.on("ended", ({ cause }) => this.says(`ended: ${cause}`));
    session.on("failed", ({ cause, message }) => this.says(`failed: ${cause} ${message?.status_code ?? ""}`));
    if (session.connection) this.listen(session.connection);
    session.on("peerconnection", ({ peerconnection }) => this.listen(peerconnection));
    if (originator === "remote") {
      this.says("ringing");
      session.answer({ mediaStream: this.microphone, pcConfig: { iceServers: [] } });
    }
  }

  call(number) {
    this.ua.call(number, { mediaStream: this.microphone, pcConfig: { iceServers: [] } });
  }

  key(tone) {
    this.session.sendDTMF(tone, { transportType: "RFC2833" });
  }

  hold(on) {
    return new Promise((done) => (on ? this.session.hold({}, done) : this.session.unhold({}, done)));
  }

  restart() {
    return new Promise((done) => {
      this.session.renegotiate({ rtcOfferConstraints: { iceRestart: true } }, done);
    });
  }

  cut() {
    this.back = false;
    this.socket._ws.close();
  }

  /** Waits until it is registered by a new connection. */
  registeredAgain() {
    return patience(() => this.back);
  }

  hangUp() {
    this.session.terminate();
  }

  stop() {
    this.ua.stop();
  }

  get connection() {
    return this.session.connection;
  }
}

class SipJsPhone extends Phone {
  constructor(account) {
    super(account);
    const microphone = this.microphone;
    this.agent = new UserAgent({
      uri: UserAgent.makeURI(account.uri),
      authorizationUsername: account.user,
      authorizationPassword: account.password,
      transportOptions: { server: account.ws },
      logBuiltinEnabled: false,
      sessionDescriptionHandlerFactory: Web.defaultSessionDescriptionHandlerFactory(async () => microphone.clone()),
      sessionDescriptionHandlerFactoryOptions: { iceGatheringTimeout: 500 },
      delegate: {
        onDisconnect: () => {
          this.says("disconnected");
          setTimeout(() => this.reconnect(), 500);
        },
        onInvite: (session) => {
          this.says("ringing");
          this.take(session);
          session.accept();
        },
      },
    });
    this.registerer = new Registerer(this.agent, { expires: 120 });
    this.registerer.stateChange.addListener((state) => this.says(state.toLowerCase()));
    this.agent.start().then(() => this.registerer.register());
  }

  take(session) {
    this.session = session;
    this.calls += 1;
    session.delegate = {
      onSessionDescriptionHandler: (handler) => this.listen(handler.peerConnection),
    };
    session.stateChange.addListener((state) => {
      if (state === SessionState.Established) this.says("talking");
      if (state === SessionState.Terminated) this.says("ended: ");
    });
  }

  call(number) {
    const session = new Inviter(this.agent, UserAgent.makeURI(`sip:${number}@hotline`));
    this.take(session);
    session.invite();
  }

  key(tone) {
    this.session.sessionDescriptionHandler.sendDtmf(tone);
  }

  reinvite(options) {
    return new Promise((done, refused) => {
      const requestDelegate = { onAccept: done, onReject: () => refused(new Error("refused")) };
      this.session.invite({ requestDelegate, ...options });
    });
  }

  hold(on) {
    return this.reinvite({ sessionDescriptionHandlerOptions: { hold: on } });
  }

  restart() {
    return this.reinvite({ sessionDescriptionHandlerOptions: { offerOptions: { iceRestart: true } } });
  }

  reconnect() {
    const requestDelegate = { onAccept: () => (this.back = true) };
    return this.agent.reconnect().then(() => this.registerer.register({ requestDelegate }));
  }

  cut() {
    this.back = false;
    this.agent.transport.ws.close();
  }

  registeredAgain() {
    return patience(() => this.back !== false);
  }

  hangUp() {
    this.session.bye();
  }

  stop() {
    this.agent.stop();
  }

  get connection() {
    return this.session.sessionDescriptionHandler.peerConnection;
  }
}

window.begin = (library, account) => {
  window.phone = library === "jssip" ? new JsSipPhone(account) : new SipJsPhone(account);
};
