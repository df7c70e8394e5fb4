import Testing

@testable import EventLoop

@Suite struct DescriptorLimitTests {
    @Test("Clients get what the limit leaves beside the reserve, and no more than was wanted")
    func leavesReserve() {
        #expect(DescriptorLimit.connections(wanted: 20_000, descriptors: 1_048_576) == 20_000)
        #expect(DescriptorLimit.connections(wanted: 20_000, descriptors: 20_256) == 20_000)
        #expect(DescriptorLimit.connections(wanted: 20_000, descriptors: 20_000) == 19_744)
        #expect(DescriptorLimit.connections(wanted: 20_000, descriptors: 1024) == 768)
    }

    @Test("Of a small limit they get half, and never more than there are")
    func halvesSmallLimits() {
        for descriptors in [0, 1, 64, 511, 512] {
            #expect(DescriptorLimit.connections(wanted: 20_000, descriptors: descriptors) == descriptors / 2)
        }
    }
}
