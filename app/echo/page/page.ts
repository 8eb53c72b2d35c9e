import SockJS from "sockjs-client";
import { ResumingClient, type ClientEvent } from "../../client/resumingClient.ts";
import { NO_ANSWER } from "../../contract/closeStatus.ts";
import { byId, setText } from "../../common/page/dom.ts";
import { refusalAt } from "../../common/page/refusal.ts";
import { MessageLog } from "./messageLog.ts";
import { ReplicaPanel } from "./replicaPanel.ts";
import { RoundTrips } from "./roundTrips.ts";
import { SessionTable } from "./sessionTable.ts";
import { isStream, withoutStreams } from "./streams.ts";
import { TransportChoice } from "./transportChoice.ts";
import { closeReason, INTERRUPTED, PAUSED, REFUSED } from "./words.ts";

const PING_MS = 1000;

/** Most pings that wait for an echo: during an outage a few are enough. */
const MAX_WAITING_PINGS = 5;

/** Silence after which a fallback transport counts as dead, in milliseconds; heartbeats come every 25 seconds. */
const SILENCE_MS = 40_000;

/** Longest wait for an echo over a stream, in milliseconds; then the browser has probably run out of connections. */
const SLOW_MS = 3000;

const NO_STREAMS =
  "Responses of streaming transports are late or missing: a browser opens only six connections to a server, and other tabs may use them all. This tab polls instead.";

/** `waiting` is the time between two attempts, `paused` the time in which the tab is hidden. */
type State = "closed" | "connecting" | "open" | "waiting" | "paused";

const button = byId("connect", HTMLButtonElement);
const statusWords = byId("status-words", HTMLElement);
const countdown = byId("countdown", HTMLElement);
const advice = byId("advice", HTMLElement);
const transportName = byId("transport", HTMLElement);
const message = byId("message", HTMLInputElement);
const ping = byId("ping", HTMLInputElement);

const replicas = new ReplicaPanel();
const roundTrips = new RoundTrips();
const sessions = new SessionTable();
const log = new MessageLog();
const transports = new TransportChoice(showButton, applyTransports);
const client = new ResumingClient({
  connect: openSession,
  onEvent: handle,
  silenceTimeoutMs: SILENCE_MS,
});

let state: State = "closed";

/** When the next attempt is due; 0 for the first one. */
let retryAt = 0;

/** The transports that the current session may use, and the one that it uses. */
let offered: readonly string[] = [];
let used = "";

/** When the current session was opened. */
let openedAt = 0;

/** Whether the current session, or the attempt to open one, has received an echo. */
let hasEchoed = false;

/** True after a stream got no response, until the choice of transports changes. */
let avoidsStreams = false;

function openSession(): WebSocket {
  offered = transports.allowed;
  // Where `document.domain` still works, the frame of htmlfile sets it and so loses access to this
  // page; inside the frame of iframe-htmlfile, which sets it too, the same transport works.
  const chosen = avoidsStreams ? withoutStreams(offered) : offered;
  const names = chosen.flatMap((name) => (name === "htmlfile" ? [name, `iframe-${name}`] : name));
  return new SockJS(`${location.origin}/echo`, undefined, { transports: names });
}

function handle(event: ClientEvent): void {
  switch (event.type) {
    case "connecting":
      hasEchoed = false;
      // After a failure, the status keeps showing what failed.
      enter("connecting", state === "waiting" ? undefined : "Connecting…");
      break;
    case "open":
      retryAt = 0;
      openedAt = Date.now();
      used = event.transport;
      transportName.textContent = used;
      sessions.opened(used);
      enter("open", "Connected");
      sendPing();
      pauseIfHidden();
      break;
    case "echo":
      hasEchoed = true;
      replicas.answered(event.replica);
      roundTrips.add(event.milliseconds, event.replica);
      sessions.echoed(event.replica);
      log.echoed(event.text, event.replica, event.milliseconds);
      break;
    case "refused":
      log.refused(event.text);
      break;
    case "closed": {
      const words = closeReason(event.code, event.reason);
      if (event.code === NO_ANSWER && event.reason !== INTERRUPTED && isStream(used)) {
        avoidStreams();
      }
      used = "";
      sessions.closed(event.code, event.reason);
      if (event.retryInMs !== undefined) {
        retryAt = Date.now() + event.retryInMs;
        enter("waiting", words.charAt(0).toUpperCase() + words.slice(1));
        if (!hasEchoed) {
          void stopIfRefused();
        }
      }
    }
  }
  showCounts();
}

/** Stops if the server rejects this page, which no retry can fix, and shows why. */
async function stopIfRefused(): Promise<void> {
  const words = await refusalAt("/echo/info");
  if (words !== undefined && state !== "closed" && !hasEchoed) {
    client.pause(REFUSED);
    retryAt = 0;
    enter("closed", "Rejected by the server");
    setText(advice, words);
  }
}

/** Closes the connection of a fallback transport in a hidden tab: a browser has only a few for all tabs. */
function pauseIfHidden(): void {
  if (document.hidden && state === "open" && used !== "websocket") {
    client.pause(PAUSED);
    enter("paused", "Paused while this tab is hidden");
  }
}

function avoidStreams(): void {
  avoidsStreams = true;
  setText(advice, NO_STREAMS);
}

/** Switches to polling if a stream is too slow. */
function checkStream(): void {
  const isSlow = Math.min(client.waitingMs, Date.now() - openedAt) > SLOW_MS;
  if (state === "open" && isStream(used) && isSlow) {
    avoidStreams();
    client.interrupt();
  }
}

/** Allows all chosen transports again. */
function forget(): void {
  avoidsStreams = false;
  setText(advice, "");
}

function enter(next: State, words?: string): void {
  state = next;
  document.body.dataset.state = next;
  if (words !== undefined) {
    setText(statusWords, words);
  }
  if (used === "") {
    transportName.textContent = "–";
  }
  showCountdown();
  showButton();
}

function showCountdown(): void {
  const seconds = Math.max(1, Math.ceil((retryAt - Date.now()) / 1000));
  const connecting = retryAt === 0 ? "" : " – retrying now";
  const waiting = ` – retrying in ${seconds} s`;
  const words = { closed: "", open: "", paused: "", connecting, waiting };
  setText(countdown, words[state]);
}

function showButton(): void {
  const mustChoose = state === "closed" && transports.isEmpty;
  const words = { closed: "Connect", open: "Disconnect", waiting: "Stop" };
  const shown = state === "connecting" || state === "paused" ? "waiting" : state;
  setText(button, mustChoose ? "Choose a transport" : words[shown]);
  button.classList.toggle("primary", state === "closed" && !mustChoose);
}

function showCounts(): void {
  const counts = { ...client.counts, waiting: client.waiting };
  for (const [name, value] of Object.entries(counts)) {
    const element = byId(name, HTMLElement);
    setText(element, String(value));
    element.classList.toggle("zero", value === 0);
  }
}

/** Applies a new choice of transports, if it affects the session; the client keeps waiting messages. */
function applyTransports(): void {
  const isConcerned = state === "open" ? transports.isOutdated(used, offered) : true;
  if (!transports.isEmpty && isConcerned && state !== "closed") {
    forget();
    client.interrupt();
  }
}

function sendPing(): void {
  if (ping.checked && state !== "closed" && client.waiting < MAX_WAITING_PINGS) {
    client.send("ping");
    showCounts();
  }
}

function disconnect(): void {
  client.close();
  forget();
  retryAt = 0;
  log.lost();
  enter("closed", "Disconnected");
  showCounts();
}

button.addEventListener("click", () => {
  if (state !== "closed") {
    disconnect();
  } else if (transports.isEmpty) {
    transports.focus();
  } else {
    forget();
    client.connect();
  }
});

document.addEventListener("visibilitychange", () => {
  pauseIfHidden();
  if (!document.hidden && state === "paused") {
    forget();
    client.connect();
  }
});

byId("composer", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  const text = message.value;
  log.sent(text);
  client.send(text);
  showCounts();
  message.value = "";
  message.focus();
});

ping.addEventListener("change", sendPing);
setInterval(sendPing, PING_MS);
setInterval(() => {
  showCountdown();
  sessions.tick();
  checkStream();
}, 250);

client.connect();
