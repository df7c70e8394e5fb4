import LogLine

extension SplitMix64 {
    /// 0..<bound
    public mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    /// True once in `count` times on average.
    public mutating func oneIn(_ count: Int) -> Bool { below(count) == 0 }

    public mutating func element<T>(_ list: [T]) -> T { list[below(list.count)] }
}
