import EventLoop
import LogLine
import TerminalChat

/// Where the chat is shown.
@LoopActor
protocol ChatDisplay: AnyObject {
    func begin()
    /// Something may look different now.
    func changed()
    func say(_ line: String)
    func suspend()
    func redraw()
    /// Everything as it was before.
    func end()
}

/// The chat while it runs: hands events to the model, and does what the model asks for.
@LoopActor
final class ChatRun {
    private var model: ChatModel
    private let connection: ChatConnection
    private var display: (any ChatDisplay)?
    private var ticker: LoopTimer?
    private var continuation: CheckedContinuation<Void, Never>?
    private var requestCount = 0

    private static let tickInterval = Duration.milliseconds(250)

    init(_ model: ChatModel, _ connection: ChatConnection) {
        self.model = model
        self.connection = connection
        connection.run = self
    }

    // MARK: What is known

    var isLoaded: Bool { model.isLoaded }
    var signedOutReason: String? {
        guard case .signedOut(let reason) = model.connection else { return nil }
        return reason
    }
    /// Connected, and no answer is awaited: what is written now goes where the writer means it to.
    var isReady: Bool {
        guard case .live = model.connection else { return false }
        return requestCount == 0
    }
    var isSettled: Bool { requestCount == 0 && model.isSettled }
    var hasRefusals: Bool { model.hasRefusals }

    func screen() -> Screen { model.screen(now: LoopClock.monotonic) }

    // MARK: Running

    /// Returns when somebody has quit.
    func run(on display: any ChatDisplay) async {
        self.display = display
        display.begin()
        ticker = LoopTimer(every: ChatRun.tickInterval) { [unowned self] in handle(.tick) }
        await withCheckedContinuation { continuation in
            self.continuation = continuation
            connection.connect()
        }
        display.end()
    }

    func handle(_ event: ChatModel.Event) {
        let effects = model.handle(event, now: LoopClock.monotonic)
        if case .live = model.connection { connection.becameLive() }
        for effect in effects { perform(effect) }
        display?.changed()
    }

    func answered(_ request: ChatRequest, _ result: Result<ChatModel.Answer, ChatModel.Refusal>) {
        requestCount -= 1
        handle(.answered(request, result))
    }

    func quit() {
        continuation?.resume()
        continuation = nil
    }

    private func perform(_ effect: ChatModel.Effect) {
        switch effect {
        case .send(let text): connection.send(text)
        case .authenticate: connection.authenticate()
        case .request(let request):
            requestCount += 1
            connection.ask(request)
        case .restart: connection.restart()
        case .goodbye(let retry): connection.toldGoodbye(retry)
        case .signOut(let reason): connection.signOut(reason)
        case .say(let line): display?.say(line)
        case .suspend: display?.suspend()
        case .redraw: display?.redraw()
        case .quit: quit()
        }
    }
}
