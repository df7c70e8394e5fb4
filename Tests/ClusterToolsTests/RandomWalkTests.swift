import ClusterTools
import Testing

@Suite("A random walk")
struct RandomWalkTests {
    @Test("goes in steps between -1 and 1, each walker for itself, and is the same again with the same seed")
    func steps() {
        var walk = RandomWalk(count: 3, seed: 7)
        var again = RandomWalk(count: 3, seed: 7)
        var places = [0.0, 0.0, 0.0]
        for step in 0..<3_000 {
            let walker = step % 3
            let place = walk.step(walker)
            #expect(abs(place - places[walker]) <= 1.000_001)
            #expect(place == again.step(walker))
            places[walker] = place
        }
        #expect(Set(places).count == 3)
        var other = RandomWalk(count: 1, seed: 8)
        var first = RandomWalk(count: 1, seed: 7)
        #expect((0..<10).contains { _ in other.step(0) != first.step(0) })
    }
}
