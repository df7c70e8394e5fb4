import LogLine
import Testing

@testable import ChatService

@Suite("The channels that a stream carries")
struct ChannelFilterTests {
    private static let channels = ["a", "b", "c", "@x", "@y"].map { Channel(trusted: Array($0.utf8)) }

    /// Every filter over the channels that three steps lead to.
    private static let filters: [ChannelFilter] = {
        let channels = ChannelFilterTests.channels
        var found = [
            ChannelFilter.allPublic, ChannelFilter(hasAllPublic: false, channels: []),
            ChannelFilter(hasAllPublic: true, channels: [channels[0], channels[3]]),
        ]
        for _ in 0..<3 {
            for filter in found {
                for channel in channels {
                    var (more, less) = (filter, filter)
                    more.add(channel)
                    less.remove(channel)
                    for next in [more, less] where !found.contains(next) { found.append(next) }
                }
            }
        }
        return found
    }()

    private func carried(_ filter: ChannelFilter) -> [Channel] {
        ChannelFilterTests.channels.filter { filter.carries($0) }
    }

    @Test("are one more or one less after adding or removing one")
    func adding() {
        for filter in ChannelFilterTests.filters {
            for channel in ChannelFilterTests.channels {
                var changed = filter
                changed.add(channel)
                #expect(Set(carried(changed)) == Set(carried(filter)).union([channel]))
                changed.remove(channel)
                #expect(Set(carried(changed)) == Set(carried(filter)).subtracting([channel]))
            }
        }
    }

    @Test("are without those of another one after it is subtracted, also of channels that come to be later")
    func subtracting() {
        let later = Channel(trusted: Array("later".utf8))
        for filter in ChannelFilterTests.filters {
            for other in ChannelFilterTests.filters {
                var rest = filter
                rest.subtract(other)
                #expect(Set(carried(rest)) == Set(carried(filter)).subtracting(carried(other)))
                #expect(rest.carries(later) == (filter.carries(later) && !other.carries(later)))
            }
            var rest = filter
            rest.subtractPrivate()
            #expect(carried(rest) == carried(filter).filter(\.isPublic))
        }
    }

    @Test("are told to the index as names, without the public ones that are left out of all")
    func names() {
        var filter = ChannelFilter(hasAllPublic: true, channels: [ChannelFilterTests.channels[3]])
        filter.remove(ChannelFilterTests.channels[0])
        #expect(filter.carriedNames == [Array("@x".utf8)] && filter.exceptionCount == 1)
        #expect(filter.excludes(Array("a".utf8)) && !filter.excludes(Array("b".utf8)))
    }
}
