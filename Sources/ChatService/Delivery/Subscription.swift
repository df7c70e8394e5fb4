import EventLoop
import LogLine
import Views

/// One stream of lines to one consumer: first the history behind its position, as fast as the consumer takes
/// it, then each line when it is applied; every line that the filter passes exactly once, in order.
///
/// Catching up goes by the index of its channels, in bounded steps through the pod's memory, or reads the log
/// where memory does not reach back far enough. It joins the live lines in the same turn of the loop in which
/// it reaches the newest applied line, so nothing can come between. A live consumer that does not keep up is
/// cut by its outlet: it resumes from what it has.
@LoopActor
final class Subscription {
    enum State: Equatable {
        case catchingUp
        case live
        case ended
    }

    private(set) var filter: ChannelFilter { didSet { leavesSomeOut = filter.exceptionCount > 0 } }
    private(set) var state = State.catchingUp
    private var isPumpQueued = false
    /// Asked of each subscription with each line.
    private var leavesSomeOut: Bool
    /// Every line up to here was sent, or is not for this consumer.
    private(set) var delivered: Offset

    private let outlet: any Outlet
    private unowned let delivery: Delivery
    private var older: OlderLines?

    /// - Parameter after: may be ahead of the pod: then lines up to it are passed over when they come.
    init(_ filter: ChannelFilter, after: Offset, to outlet: any Outlet, of delivery: Delivery) {
        self.filter = filter
        leavesSomeOut = filter.exceptionCount > 0
        delivered = after
        self.outlet = outlet
        self.delivery = delivery
    }

    /// Whether this public channel is left out of all.
    func excludes(_ name: [UInt8]) -> Bool { leavesSomeOut && filter.excludes(name) }

    func start() { pump() }

    /// The consumer has room again.
    func room() {
        if let older { older.resume() } else { pump() }
    }

    /// Lines were applied, and they are the filter's. An outlet that cannot take them ends the stream, with
    /// `delivered` before the first one.
    func deliver(_ lines: OutgoingLines) {
        guard lines.last > delivered else { return }
        outlet.send(lines.first > delivered ? lines : lines.behind(delivered))
        delivered = lines.last
    }

    func show(_ typing: TypingNotice) { outlet.show(typing) }

    /// The lines behind `delivered` cannot be had live any more.
    func fallBehind(at offset: Offset) {
        delivered = max(delivered, offset)
        state = .catchingUp
        queuePump()
    }

    /// Carries from now on what `narrow` leaves; ends when that is nothing.
    func narrow(_ narrow: (inout ChannelFilter) -> Void) {
        let wasLive = state == .live
        if wasLive { delivery.withdraw(self) }
        narrow(&filter)
        guard !filter.isEmpty else { return end(wasWithdrawn: true) }
        if wasLive { delivery.enrol(self) }
    }

    /// One more channel, from `line` on, which was applied just now. While catching up it is still to come.
    func add(_ channel: Channel, from line: OutgoingLines) {
        let wasLive = state == .live
        if wasLive { delivery.withdraw(self) }
        filter.add(channel)
        guard wasLive else { return }
        delivery.enrol(self)
        deliver(line)
    }

    /// The consumer is gone, or wants no more.
    func end() { end(wasWithdrawn: false) }

    private func end(wasWithdrawn: Bool) {
        if state == .live, !wasWithdrawn { delivery.withdraw(self) }
        state = .ended
        older?.cancel()
        older = nil
    }

    func cut(_ reason: CutReason) {
        guard state != .ended else { return }
        end()
        outlet.cut(reason)
    }

    // MARK: Catching up

    private func queuePump() {
        guard !isPumpQueued else { return }
        isPumpQueued = true
        EventLoop.shared.execute { [weak self] in
            self?.isPumpQueued = false
            self?.pump()
        }
    }

    private func pump() {
        guard state == .catchingUp, older == nil else { return }
        let history = delivery.source.history
        let choice = filter.choice
        var linesLeft = DeliveryLimits.catchUpLinesPerTurn
        while delivered < history.index.last {
            guard outlet.hasRoom else { return outlet.waitForRoom(self) }
            guard linesLeft > 0 else { return queuePump() }
            do throws(Trimmed) {
                let chosen = try history.index.lines(
                    of: choice, after: delivered, bytesMax: DeliveryLimits.catchUpBytes,
                    linesMax: DeliveryLimits.catchUpLines)
                for run in chosen.runs { try send(run, of: history) }
                delivered = chosen.through
                linesLeft -= chosen.runs.reduce(0) { $0 + $1.count }
            } catch {
                return readOlder(upTo: error.first.previous)
            }
        }
        join()
    }

    private func send(_ run: LineRun, of history: History) throws(Trimmed) {
        var first = run.first
        for slice in try history.slices(of: run.positions) {
            let lines = LineSplitter(slice.pointer).map { slice[$0] }
            send(lines, from: first)
            first = first + lines.count
        }
    }

    private func send(_ lines: [ByteSlice], from first: Offset) {
        guard delivery.source.amendments.count > 0 || leavesSomeOut else { return give(lines, from: first) }
        for (index, line) in lines.enumerated() where !leavesSomeOut || isCarried(line) {
            send(line, first + index)
        }
    }

    private func isCarried(_ line: ByteSlice) -> Bool {
        do throws(LineError) {
            let scan = try Line.scan(line.pointer)
            return filter.matches(UnsafeRawBufferPointer(rebasing: line.pointer[scan.channel]))
        } catch {
            preconditionFailure("a line was whole when it came: \(error)")
        }
    }

    /// A line that is not in memory, with its newline.
    private func take(_ line: ByteSlice, offset: Offset) {
        delivered = offset
        let bytes = line[0..<line.count - 1]
        if isCarried(bytes) { send(bytes, offset) }
    }

    /// What was deleted meanwhile is not sent any more: of the message what is left of it, of its edits
    /// nothing.
    /// - Parameter line: without its newline.
    private func send(_ line: ByteSlice, _ offset: Offset) {
        let amendments = delivery.source.amendments
        if amendments.isDeleted(offset) {
            let remains = ByteBuffer()
            amendments.append(line.pointer, to: remains)
            give([remains.takeSlice()], from: offset)
        } else if !amendments.isRetracted(line.pointer) {
            give([line], from: offset)
        }
    }

    private func give(_ lines: [ByteSlice], from first: Offset) {
        outlet.send(OutgoingLines(lines, at: delivery.position(first)))
    }

    private func readOlder(upTo end: Offset) {
        let older = OlderLines(after: delivered, through: end, of: delivery) { [unowned self] event in
            switch event {
            case .line(let line, let offset): take(line, offset: offset)
            case .complete:
                self.older = nil
                queuePump()
            case .failed:
                self.older = nil
                cut(.historyUnavailable)
            }
        }
        older.hasRoom = { [unowned self] in
            if !outlet.hasRoom { outlet.waitForRoom(self) }
            return outlet.hasRoom
        }
        self.older = older
        older.start()
    }

    private func join() {
        state = .live
        delivery.enrol(self)
        outlet.joined(at: delivery.position(delivered))
    }
}
