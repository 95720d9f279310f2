// The phone's line: JsSIP's user agent on short-lived credentials; registers, renews them in time, asks for new ones when refused.
import type { UA } from 'jssip'
import type { IncomingRTCSessionEvent, OutgoingRTCSessionEvent, UAConfiguration } from 'jssip/lib/UA'
import { phoneAccount, type PhoneAccount } from '@/api/session'

export type LineState = 'off' | 'connecting' | 'registered' | 'lost' | 'refused'

export interface LineEvents {
  state: (state: LineState) => void
  session: (event: IncomingRTCSessionEvent | OutgoingRTCSessionEvent) => void
}

const FIRST_WAIT = 1_000
const LONGEST_WAIT = 15_000

/** One name for this tab's phone, also after a reload (RFC 5626 section 4.1). */
function instance(): string {
  const KEY = 'hotline.phone.instance'
  const known = sessionStorage.getItem(KEY)
  if (known) return known
  const hex = Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('')
  const made = hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-a$4-$5')
  sessionStorage.setItem(KEY, made)
  return made
}

export class Line {
  account: PhoneAccount | null = null
  private ua: UA | null = null
  private stopped = true
  private wait = FIRST_WAIT
  private timer: ReturnType<typeof setTimeout> | null = null
  private renewal: ReturnType<typeof setTimeout> | null = null

  constructor(private readonly events: LineEvents) {
    window.addEventListener('online', () => this.ua?.isConnected() && this.ua.register())
  }

  get agent(): UA | null {
    return this.ua
  }

  reachable = () => this.ua?.isConnected() === true && this.ua.isRegistered()

  async start() {
    if (!this.stopped) return
    this.stopped = false
    await this.open()
  }

  stop() {
    this.stopped = true
    if (this.timer) clearTimeout(this.timer)
    if (this.renewal) clearTimeout(this.renewal)
    this.ua?.stop()
    this.ua = null
    this.events.state('off')
  }

  private async open() {
    this.events.state('connecting')
    try {
      const [account, jssip] = await Promise.all([phoneAccount(), import('jssip')])
      if (this.stopped) return
      this.account = account
      this.ua = new jssip.UA(this.configuration(account, (url) => new jssip.WebSocketInterface(url)))
      this.follow(this.ua)
      this.ua.start()
      this.renewBefore(account.until)
    } catch {
      this.events.state('refused')
      this.again(() => this.open())
    }
  }

  private configuration(account: PhoneAccount, socket: (url: string) => UAConfiguration['sockets']): UAConfiguration {
    return {
      sockets: account.ws.map(socket) as UAConfiguration['sockets'],
      uri: account.uri,
      authorization_user: account.user,
      password: account.password,
      realm: account.realm,
      instance_id: instance(),
      register: true,
      register_expires: 120,
      // Whole seconds; the first try comes after one or two.
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 2,
      session_timers: true,
    } as UAConfiguration
  }

  private follow(ua: UA) {
    ua.on('connecting', () => this.events.state('connecting'))
    ua.on('registered', () => {
      this.wait = FIRST_WAIT
      this.events.state('registered')
    })
    ua.on('disconnected', () => this.stopped || this.events.state('lost'))
    ua.on('unregistered', () => this.stopped || this.events.state('lost'))
    ua.on('registrationFailed', () => {
      if (this.stopped || !ua.isConnected()) return
      this.events.state('refused')
      // The house was restarted or the credentials ran out: fresh ones, the same phone.
      this.again(async () => {
        await this.renew()
        ua.register()
      })
    })
    ua.on('newRTCSession', (event: IncomingRTCSessionEvent | OutgoingRTCSessionEvent) => this.events.session(event))
  }

  private again(what: () => Promise<void>) {
    if (this.timer) clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      if (!this.stopped) void what().catch(() => this.again(what))
    }, this.wait)
    this.wait = Math.min(LONGEST_WAIT, this.wait * 2)
  }

  private renewBefore(until: number) {
    const left = Math.max(5_000, (until - Date.now()) * 0.75)
    // setTimeout counts in 32 bits: longer would fire at once.
    if (this.renewal) clearTimeout(this.renewal)
    this.renewal = setTimeout(() => {
      if (!this.stopped) void this.renew().catch(() => this.again(() => this.renew()))
    }, Math.min(left, 2_000_000_000))
  }

  private async renew() {
    const account = await phoneAccount()
    this.account = account
    this.ua?.set('authorization_user', account.user)
    this.ua?.set('password', account.password)
    this.ua?.set('realm', account.realm)
    this.renewBefore(account.until)
  }
}
