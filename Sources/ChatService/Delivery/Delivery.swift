import EventLoop
import LogLine
import Replication
import Views

/// Hands every applied line to the streams that carry its channel. Built once, shared by all.
///
/// Happy path: the replica applies a batch and calls `applied`; the lines of a channel that follow each
/// other go together to the live streams of the channel and to those of all public channels. Streams that
/// are behind read for themselves (`Subscription`) and enrol when they have caught up. A batch that the
/// bounded memory has dropped already sends all live streams back to catching up.
@LoopActor
final class Delivery {
    let upstream: any LogUpstream
    private let currentSource: @LoopActor () -> HistorySource
    private var publicStreams = SubscriberList()
    private var channelStreams = [[UInt8]: SubscriberList]()
    /// Reads that wait for a channel's next message.
    let polls = ChannelPolls()
    /// Called after a line that is no message, in a channel that is not public, was handed on.
    var onPrivateEntry: (@LoopActor (PrivateEntry) -> Void)?
    /// Whether somebody wants to know of such lines.
    var isWatchingEntries = false
    private(set) var liveCount = 0
    /// Every line up to here has been handed to the live streams.
    private(set) var deliveredLive = Offset.zero
    /// Lines handed to consumers since the start.
    private(set) var deliveredLines: UInt64 = 0

    /// - Parameter source: the history that is served now.
    init(source: @escaping @LoopActor () -> HistorySource, upstream: any LogUpstream) {
        currentSource = source
        self.upstream = upstream
    }

    var source: HistorySource { currentSource() }

    /// Precondition: the epoch is known.
    func position(_ offset: Offset) -> Position { Position(epoch: source.identity.epoch, offset: offset) }

    // MARK: Streams

    func enrol(_ subscription: Subscription) {
        liveCount += 1
        if subscription.filter.hasAllPublic { publicStreams.add(subscription) }
        for name in subscription.filter.carriedNames {
            channelStreams[name, default: .init()].add(subscription)
        }
    }

    func withdraw(_ subscription: Subscription) {
        liveCount -= 1
        publicStreams.remove(subscription)
        for name in subscription.filter.carriedNames {
            channelStreams[name]?.remove(subscription)
            if channelStreams[name]?.isEmpty == true { channelStreams[name] = nil }
        }
    }

    // MARK: Lines

    /// Lines were applied; `position` is the stream position before them.
    func applied(from position: UInt64) {
        defer { deliveredLive = source.index.last }
        guard liveCount > 0 || isWatchingEntries || !polls.isEmpty else { return }
        do throws(Trimmed) {
            let bytes = Int(source.index.end - position)
            for slice in try source.history.slices(from: position, bytesMax: bytes) { deliver(slice) }
        } catch {
            fallBehind()
        }
    }

    /// Tells the live streams of a channel that somebody writes there.
    func show(_ typing: TypingNotice) {
        let key = ChannelName.escape(typing.channel.bytes)
        if typing.channel.isPublic {
            for subscription in publicStreams.items where !subscription.excludes(key) {
                subscription.show(typing)
            }
        }
        guard let streams = channelStreams[key] else { return }
        for subscription in streams.items { subscription.show(typing) }
    }

    /// The log became another one: nothing that follows continues what was sent.
    func discarded() {
        for subscription in live { subscription.cut(.superseded) }
        polls.wakeAll()
        deliveredLive = .zero
    }

    // MARK: Private

    private var live: [Subscription] {
        var found = [ObjectIdentifier: Subscription]()
        for subscription in publicStreams.items { found[ObjectIdentifier(subscription)] = subscription }
        for list in channelStreams.values {
            for subscription in list.items { found[ObjectIdentifier(subscription)] = subscription }
        }
        return Array(found.values)
    }

    private func deliver(_ lines: ByteSlice) {
        var splitter = LineSplitter(lines.pointer)
        var run: ChannelRun?
        while let range = splitter.next() {
            let line = lines[range]
            do throws(LineError) {
                deliver(line, try Line.scan(line.pointer), in: &run)
            } catch {
                preconditionFailure("a line in memory was whole when it was applied: \(error)")
            }
        }
        end(&run)
    }

    /// What somebody must know of before the next line is handed on ends a run.
    private func deliver(_ line: ByteSlice, _ scan: LineScan, in run: inout ChannelRun?) {
        if run?.append(line, scan) != true {
            end(&run)
            run = ChannelRun(line, scan)
        }
        guard isWatchingEntries, !scan.isMessage, run?.isPublic == false else { return }
        end(&run)
        tellOfEntry(line, scan)
    }

    private func end(_ ended: inout ChannelRun?) {
        guard let run = ended.take() else { return }
        let outgoing = OutgoingLines(run.lines, at: position(run.first))
        defer { deliveredLive = outgoing.last }
        let key = Array(run.channel)
        if run.isPublic {
            for subscription in publicStreams.items where !subscription.excludes(key) {
                hand(outgoing, to: subscription)
            }
        }
        for subscription in channelStreams[key]?.items ?? [] { hand(outgoing, to: subscription) }
        if run.hasMessage { polls.applied(key) }
    }

    private func tellOfEntry(_ line: ByteSlice, _ scan: LineScan) {
        guard let onPrivateEntry else { return }
        // What was applied is whole.
        let author = (try? Line.fields(of: line.pointer, scan))?.author
        onPrivateEntry(
            PrivateEntry(
                channel: Channel(trusted: scan.channelName(in: line.pointer)), offset: scan.offset,
                author: author.map { Author(trusted: Line.unescape($0, in: line.pointer)) }, line: line))
    }

    private func hand(_ lines: OutgoingLines, to subscription: Subscription) {
        deliveredLines += UInt64(lines.lines.count)
        subscription.deliver(lines)
    }

    private func fallBehind() {
        let behind = live
        for subscription in behind {
            withdraw(subscription)
            subscription.fallBehind(at: deliveredLive)
        }
        polls.wakeAll()
    }
}
