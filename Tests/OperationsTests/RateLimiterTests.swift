import LogLine
import Testing

@testable import Operations

@Suite("Rate limits")
struct RateLimiterTests {
    /// Three at once, then one each 10 s.
    private let limit = RateLimit(burst: 3, interval: .seconds(10))

    @Test("So many go through at once, then one each interval, and a refusal says when")
    func bucket() {
        var bucket = RateBucket()
        for _ in 0..<3 { #expect(bucket.take(limit, now: .seconds(100)) == .allowed) }
        #expect(bucket.take(limit, now: .seconds(100)) == .refused(retryAfter: .seconds(10)))
        #expect(bucket.take(limit, now: .seconds(103)) == .refused(retryAfter: .seconds(7)))
        #expect(bucket.take(limit, now: .seconds(110)) == .allowed)
        #expect(bucket.take(limit, now: .seconds(110)) == .refused(retryAfter: .seconds(10)))
        for _ in 0..<3 { #expect(bucket.take(limit, now: .seconds(140)) == .allowed) }
        #expect(bucket.take(limit, now: .seconds(140)) != .allowed)
    }

    @Test("A refusal's time is kept: then it is allowed, and not a moment before")
    func retryAfter() {
        var bucket = RateBucket()
        for _ in 0..<3 { _ = bucket.take(limit, now: .milliseconds(1234)) }
        let now = Duration.milliseconds(5678)
        guard case .refused(let wait) = bucket.take(limit, now: now) else {
            Issue.record("the fourth was allowed")
            return
        }
        #expect(bucket.take(limit, now: now + wait - .nanoseconds(1)) != .allowed)
        #expect(bucket.take(limit, now: now + wait) == .allowed)
    }

    @Test("Messages per second are as many at once, and as many in each second")
    func perSecond() {
        var bucket = RateBucket()
        var allowed = 0
        for millisecond in 0..<10_000
        where bucket.take(.perSecond(50), now: .milliseconds(millisecond)) == .allowed { allowed += 1 }
        #expect(allowed == 50 + 499 || allowed == 50 + 500)
    }

    @Test("Each key has its own tokens")
    func keys() {
        var limiter = RateLimiter<String>(limit)
        for _ in 0..<3 { #expect(limiter.take("a", now: .zero) == .allowed) }
        #expect(limiter.take("a", now: .zero) != .allowed)
        #expect(limiter.take("b", now: .zero) == .allowed)
        #expect(limiter.count == 2)
    }

    @Test("A token that is given back can be taken again, wherever its bucket is")
    func givenBack() {
        var limiter = RateLimiter<String>(limit, keysMax: 1)
        for key in ["own", "shared"] {
            for _ in 0..<3 { #expect(limiter.take(key, now: .zero) == .allowed) }
            limiter.giveBack(key)
            #expect(limiter.take(key, now: .zero) == .allowed)
            #expect(limiter.take(key, now: .zero) != .allowed)
        }
        // In the older of the two tables.
        _ = limiter.take("other", now: .seconds(30))
        for _ in 0..<3 { _ = limiter.take("own", now: .seconds(59)) }
        _ = limiter.take("other", now: .seconds(60))
        limiter.giveBack("own")
        #expect(limiter.take("own", now: .seconds(60)) == .allowed)
        #expect(limiter.take("own", now: .seconds(60)) != .allowed)
        limiter.giveBack("nobody's")
    }

    @Test("A flood of other keys neither resets a victim's bucket nor makes the table grow")
    func flood() {
        var limiter = RateLimiter<Int>(limit, keysMax: 100)
        for _ in 0..<3 { #expect(limiter.take(-1, now: .zero) == .allowed) }
        for step in 0..<30_000 {
            let now = Duration.milliseconds(step)
            _ = limiter.take(step, now: now)
            #expect(limiter.count <= 100)
            if step % 1000 == 0, step < 10_000 { #expect(limiter.take(-1, now: now) != .allowed) }
        }
    }

    @Test(
        "In a flood the shared buckets let so many newcomers through; keys in the table are not touched"
    )
    func sharedBuckets() {
        var limiter = RateLimiter<Int>(limit, keysMax: 10)
        for key in 0..<10 { #expect(limiter.take(key, now: .zero) == .allowed) }
        let allowed = (100..<20_100).count { limiter.take($0, now: .zero) == .allowed }
        #expect(allowed <= 3 * RateLimiterBounds.sharedBuckets)
        #expect(allowed > 2 * RateLimiterBounds.sharedBuckets)
        for key in 0..<10 { #expect(limiter.take(key, now: .zero) == .allowed) }
    }

    @Test("A key that used up its shared bucket finds it so when it gets its own place")
    func moved() {
        var limiter = RateLimiter<String>(limit, keysMax: 1)
        #expect(limiter.take("first", now: .zero) == .allowed)
        // The first one's place becomes free when the tables have changed twice: at 30 and 60 s.
        #expect(limiter.take("second", now: .seconds(30)) == .allowed)
        for _ in 0..<3 { #expect(limiter.take("second", now: .seconds(59)) == .allowed) }
        #expect(limiter.take("second", now: .seconds(60)) != .allowed)
        #expect(limiter.count == 0)
        #expect(limiter.take("second", now: .seconds(69)) == .allowed)
        #expect(limiter.count == 1)
        #expect(limiter.take("second", now: .seconds(69)) != .allowed)
    }

    @Test("Places are free again when nothing is owed any more")
    func forgetting() {
        var limiter = RateLimiter<Int>(limit, keysMax: 100)
        for key in 0..<100 { _ = limiter.take(key, now: .zero) }
        #expect(limiter.count == 100)
        _ = limiter.take(0, now: .seconds(30))
        #expect(limiter.count == 100)
        _ = limiter.take(0, now: .seconds(60))
        #expect(limiter.count == 1)
    }

    @Test("The table decides as one that never forgets would")
    func model() {
        let seed: UInt64 = 7
        var random = SplitMix64(seed: seed)
        var limiter = RateLimiter<Int>(limit, keysMax: 1000)
        var model: [Int: RateBucket] = [:]
        var now = Duration.zero
        for step in 0..<20_000 {
            now += .milliseconds(Int.random(in: 0...4000, using: &random))
            let key = Int.random(in: 0..<20, using: &random)
            let expected = model[key, default: RateBucket()].take(limit, now: now)
            #expect(limiter.take(key, now: now) == expected, "seed \(seed), step \(step)")
        }
    }
}
