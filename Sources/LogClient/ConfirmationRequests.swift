import EventLoop
import LogLine
import Replication
import Web

/// Asks the log how many pods have applied writes: the waits of a turn go in one `POST /confirmations`, whose
/// answer tells of each as soon as it is settled.
///
/// A wait that takes long keeps its request, and its connection, for so long; when
/// `LogClientLimits.confirmationRequestsMax` are under way, all are broken off and what they still wait for
/// is asked for in one. Asking again changes nothing, so that is also what follows a failure, until the time
/// of the wait is over.
@LoopActor
final class ConfirmationRequests {
    private struct Wait {
        let position: Position
        let requirement: ConfirmationRequirement
        let since: Duration
        let deadline: Duration
        let completion: (ConfirmationResult) -> Void
    }

    private let client: HTTPClient
    private let fields: [(name: String, value: String)]
    private var waits = [UInt64: Wait]()
    private var unsent = [UInt64]()
    private var requests = [ConfirmationRequest]()
    private var lastNumber: UInt64 = 0
    private var isSendQueued = false
    private var sweep: LoopTimer?

    init(_ origin: Origin, fields: [(name: String, value: String)]) {
        client = HTTPClient(
            origin, silenceTime: LogClientLimits.confirmationSilence,
            connectionsMax: LogClientLimits.confirmationRequestsMax + 1)
        self.fields = fields
    }

    var count: Int { waits.count }

    func add(
        _ position: Position, _ requirement: ConfirmationRequirement, timeout: Duration,
        _ completion: @escaping (ConfirmationResult) -> Void
    ) {
        guard waits.count < ConfirmationLimits.waitsMax else { return completion(.unknown) }
        let now = LoopClock.monotonic
        lastNumber += 1
        waits[lastNumber] = Wait(
            position: position, requirement: requirement, since: now, deadline: now + timeout,
            completion: completion)
        unsent.append(lastNumber)
        sendSoon()
        startSweeping()
    }

    // MARK: Private

    private func sendSoon() {
        guard !isSendQueued else { return }
        isSendQueued = true
        EventLoop.shared.execute { [weak self] in
            self?.isSendQueued = false
            self?.send()
        }
    }

    private func send() {
        if requests.count >= LogClientLimits.confirmationRequestsMax { takeBack() }
        let now = LoopClock.monotonic
        let body = ByteBuffer()
        var numbers = Set<UInt64>()
        for number in unsent {
            guard let wait = waits[number] else { continue }
            numbers.insert(number)
            ConfirmationWait(
                offset: wait.position.offset, epoch: wait.position.epoch, requirement: wait.requirement,
                timeout: max(.zero, wait.deadline - now), number: number
            ).encode(into: body)
        }
        unsent = []
        guard !numbers.isEmpty else { return }
        let request = ConfirmationRequest(numbers) { [weak self] in self?.received($0) }
        requests.append(request)
        request.exchange = client.send(
            ClientRequest(
                .post, "/confirmations", fields: fields + [("content-type", MediaType.ndjson)],
                body: body.takeSlice()), request)
    }

    private func takeBack() {
        for request in requests {
            request.cancel()
            unsent += request.missing
        }
        requests = []
    }

    private func received(_ event: ConfirmationRequest.Event) {
        switch event {
        case .settled(let number, let result): settle(number, result)
        case .ended(let request):
            requests.removeAll { $0 === request }
            // Sent again by the next sweep.
            unsent += request.missing
        }
    }

    private func settle(_ number: UInt64, _ result: ConfirmationResult) {
        guard let wait = waits.removeValue(forKey: number) else { return }
        let confirmation = Confirmation(
            confirmedBy: result.confirmation.confirmedBy, of: result.confirmation.of,
            took: LoopClock.monotonic - wait.since)
        wait.completion(
            result == .unknown
                ? .unknown : ConfirmationResult(isConfirmed: result.isConfirmed, confirmation: confirmation))
    }

    private func startSweeping() {
        guard sweep == nil else { return }
        sweep = LoopTimer(every: LogClientLimits.sweepInterval) { [unowned self] in
            let late = LoopClock.monotonic - LogClientLimits.confirmationGrace
            for (number, wait) in waits where wait.deadline < late { settle(number, .unknown) }
            if !unsent.isEmpty { sendSoon() }
            if waits.isEmpty { sweep = nil }
        }
    }
}

/// One `POST /confirmations` under way.
@LoopActor
final class ConfirmationRequest: ResponseConsumer {
    enum Event {
        case settled(UInt64, ConfirmationResult)
        /// Whether it was answered to its end or not: `missing` says.
        case ended(ConfirmationRequest)
    }

    var exchange: ClientExchange?
    private(set) var missing: Set<UInt64>
    private var onEvent: ((Event) -> Void)?
    private var status = 0
    private let partial = ByteBuffer()

    init(_ numbers: Set<UInt64>, onEvent: @escaping (Event) -> Void) {
        missing = numbers
        self.onEvent = onEvent
    }

    func cancel() {
        onEvent = nil
        exchange?.cancel()
    }

    func received(_ head: ResponseHead) { status = head.status }

    func received(body bytes: UnsafeRawBufferPointer) {
        guard status == 200, partial.count + bytes.count <= ConfirmationLimits.requestBytesMax else { return }
        partial.append(bytes)
        var splitter = LineSplitter(partial.pointer)
        while let range = splitter.next() {
            // A line that says nothing leaves its wait open.
            guard
                let (number, result) = try? ConfirmationResult.decode(
                    UnsafeRawBufferPointer(rebasing: partial.pointer[range])),
                missing.remove(number) != nil
            else { continue }
            onEvent?(.settled(number, result))
        }
        partial.consume(splitter.consumed)
    }

    func ended() { end() }
    func failed(_ error: ClientError) { end() }

    private func end() {
        let callback = onEvent
        onEvent = nil
        callback?(.ended(self))
    }
}
