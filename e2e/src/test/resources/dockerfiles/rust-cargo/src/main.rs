fn main() {
    println!("20! is {}", factorial::factorial(20));
}
