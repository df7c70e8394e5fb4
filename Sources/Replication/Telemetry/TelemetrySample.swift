import LogLine

/// What one second of the cluster looked like. Pure.
public struct TelemetrySample: Sendable {
    /// How long writes took from durable to applied by every pod that is ready.
    public struct Visible: Sendable {
        /// Nil: none was measured yet.
        public var median: Duration?
        public var percentile99: Duration?
        /// The id of the pod that was last.
        public var slowest: [UInt8]?

        public init(median: Duration? = nil, percentile99: Duration? = nil, slowest: [UInt8]? = nil) {
            self.median = median
            self.percentile99 = percentile99
            self.slowest = slowest
        }
    }

    public var time: Timestamp
    /// The log's head.
    public var offset: Offset
    public var linesPerSecond: UInt64
    public var bytesPerSecond: UInt64
    public var lag: LagSummary
    public var visible: Visible

    public init(
        time: Timestamp, offset: Offset, linesPerSecond: UInt64, bytesPerSecond: UInt64, lag: LagSummary,
        visible: Visible
    ) {
        self.time = time
        self.offset = offset
        self.linesPerSecond = linesPerSecond
        self.bytesPerSecond = bytesPerSecond
        self.lag = lag
        self.visible = visible
    }

    /// Appends the data of an event `sample`; `replicas` appends the array of the replicas, as `/replicas`
    /// has it.
    public func encode(epoch: Epoch, into out: ByteBuffer, replicas: (ByteBuffer) -> Void) {
        out.append(
            utf8: """
                {"time":"\(time)","epoch":"\(epoch)","offset":\(offset),"rate":\(linesPerSecond),\
                "bytes_rate":\(bytesPerSecond),"lag":{"mean":
                """)
        out.append(thousandths: lag.mean)
        out.append(",\"deviation\":")
        out.append(thousandths: lag.deviation)
        out.append(utf8: ",\"max\":\(lag.max)},\"visible\":{\"p50_ms\":")
        out.append(milliseconds: visible.median)
        out.append(",\"p99_ms\":")
        out.append(milliseconds: visible.percentile99)
        out.append(",\"slowest\":")
        if let slowest = visible.slowest { out.appendJSONString(slowest) } else { out.append("null") }
        out.append("},\"replicas\":")
        replicas(out)
        out.append("}")
    }
}

extension ByteBuffer {
    /// Rounded to three digits behind the point; trailing zeros are left out. Precondition: finite, not
    /// negative, below 2^53.
    func append(thousandths value: Double) {
        let (whole, fraction) = UInt64((value * 1000).rounded()).quotientAndRemainder(dividingBy: 1000)
        append(decimal: whole)
        guard fraction > 0 else { return }
        append(UInt8(ascii: "."))
        var rest = fraction
        var place: UInt64 = 100
        while rest > 0 {
            append(UInt8(ascii: "0") + UInt8(rest / place))
            (rest, place) = (rest % place, place / 10)
        }
    }

    /// In milliseconds with up to three digits behind the point; nil is `null`.
    func append(milliseconds duration: Duration?) {
        guard let duration else { return append("null") }
        append(thousandths: max(0, duration / .milliseconds(1)))
    }
}
