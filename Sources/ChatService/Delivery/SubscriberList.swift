import EventLoop

/// Live streams, in no particular order; adding and removing take constant time.
struct SubscriberList {
    private(set) var items = [Subscription]()
    private var places = [ObjectIdentifier: Int]()

    var isEmpty: Bool { items.isEmpty }

    mutating func add(_ subscription: Subscription) {
        guard places.updateValue(items.count, forKey: ObjectIdentifier(subscription)) == nil else {
            preconditionFailure("a stream is enrolled once")
        }
        items.append(subscription)
    }

    mutating func remove(_ subscription: Subscription) {
        guard let place = places.removeValue(forKey: ObjectIdentifier(subscription)) else { return }
        let last = items.removeLast()
        guard last !== subscription else { return }
        items[place] = last
        places[ObjectIdentifier(last)] = place
    }
}
